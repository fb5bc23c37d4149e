"""The services: independent of each other, in the same rooms, joined only by what contracts/ says."""
