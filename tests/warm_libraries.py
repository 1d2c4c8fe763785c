"""What every command imports and no setting changes: imported once by the server of `tests.warm_processes`."""

import asyncio  # noqa: F401
import concurrent.futures  # noqa: F401
import logging.config  # noqa: F401

import celery.app.task
import celery.bin.celery  # noqa: F401
import django.contrib.admin.options
import django.contrib.postgres.fields
import django.core.management
import django.db.backends.sqlite3.base
import django.forms
import django.test  # noqa: F401
import jinja2  # noqa: F401
import kombu.transport.filesystem  # noqa: F401
import markdown_it  # noqa: F401
import nh3  # noqa: F401
import numpy  # noqa: F401
import psycopg  # noqa: F401
import pydantic_settings  # noqa: F401
import pygments  # noqa: F401
import requests  # noqa: F401
import rest_framework.fields  # noqa: F401
import rich.traceback  # noqa: F401
import structlog  # noqa: F401
