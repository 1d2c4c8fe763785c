"""Why there is no reply: errors of servers, as typed failures."""
