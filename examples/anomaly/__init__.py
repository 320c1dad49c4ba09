"""What does holdfast exercise in its demonstration? A small anomaly-detection service with its cases."""
