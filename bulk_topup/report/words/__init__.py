"""All wording for people, by code, in every language."""
