"""Watch torch code run: which loss reaches whose parameters, and what is cut."""
