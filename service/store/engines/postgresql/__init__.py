"""PostgreSQL: several processes on several machines over one database, and its standbys."""
