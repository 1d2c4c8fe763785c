"""How fast calls are sent: learnt rates, allowances, circuit breakers and retries."""
