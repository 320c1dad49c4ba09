"""What is true of datasets, detectors and jobs, whatever stores or serves them?"""
