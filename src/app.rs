//! Wires everything: the only place that reads the configuration, opens the database and spawns tasks.
