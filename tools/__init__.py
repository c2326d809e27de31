"""The pipeline: stage, execute, verify, build, inspect. Each module is a stage and runs on its own."""
