"""Who a visitor is, and how often one may ask."""
