"""Bytes of files, each content once an account: in a folder, or in a store that speaks S3."""
