"""Runs: paid calls of language models, sent once, stored once, within a budget. One engine for judging and for generating.

plan -> Run + Calls (rows)                   arena.run_kinds.answer_plans, judges.runs.planning, judges.runs.checklist_writing
engine loop, in every worker:                               arena.runs.engine
  claim calls, take allowance, reserve money, open Attempts    one committed transaction, before anything is sent
  threads send them                                            arena.llm.client.complete
  store replies, settle money, decide or put off               the same transaction as the next claims
sweep: what a dead engine held is lost or free again        arena.runs.recovery
"""
