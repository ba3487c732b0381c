//! Cron in civil time, catch-up, too late.
