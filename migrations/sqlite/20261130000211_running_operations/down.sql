DROP INDEX operations_running;
