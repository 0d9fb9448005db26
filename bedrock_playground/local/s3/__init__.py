"""Where batch jobs find their records: a small S3 of the endpoint's own, or one that it is told of."""
