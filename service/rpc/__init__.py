"""The gRPC edge: servicers translate requests, call the service, and translate back."""
