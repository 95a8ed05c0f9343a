"""The Converse API over every family of chat models."""
