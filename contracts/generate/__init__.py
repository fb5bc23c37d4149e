"""Everything written from the contracts: JSON Schemas, examples and the AsyncAPI document."""
