"""Clustered comparisons: sandwich and leave-one-cluster-out variances."""
