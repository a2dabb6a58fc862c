"""What a program needs so that its traffic goes through the proxy: environment, trust, payload files."""
