"""`amp compare`: the systems side by side, over the same air and on the same energy."""
