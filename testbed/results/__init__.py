"""Results: run folders and sweeps as Parquet tables that are queried with SQL."""
