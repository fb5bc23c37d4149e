"""The messages of every topic: CloudEvents 1.0 around frozen dataclasses, validated strictly by Pydantic."""
