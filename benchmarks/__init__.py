"""The benchmark rig: Coday side by side with a bare relay, all against one mock provider on loopback."""
