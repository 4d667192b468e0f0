DROP INDEX operations_running_idx;
