"""The gRPC edge: servicers translate, call, and translate back."""
