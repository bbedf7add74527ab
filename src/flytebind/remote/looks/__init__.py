"""What people see: progress while they wait, and executions as trees."""
