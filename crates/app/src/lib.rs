//! The program file-manager: reads the configuration, picks the adapters, runs a command.
