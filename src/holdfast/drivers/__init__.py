"""How is a target called? One file per driver."""
