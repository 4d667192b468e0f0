//! What a file manager is: models, ports, use cases.
