"""The pictures of the documentation, each made from a real run, so that none of them can say what no run says."""
