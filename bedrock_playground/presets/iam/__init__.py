"""Least privilege: the IAM policy of exactly some calls, explained, and the check of a pasted one."""
