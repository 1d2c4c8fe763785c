"""Endpoints over REST: their names, for drafts and judges, and why one cannot be called. Superusers make them, in the admin."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.archiving import ArchivingAct, archives, brings_back
from arena.api.callers.scopes import CuratorsOnly, WithinScope
from arena.api.read_views import ReadView
from arena.api.serializers import ARCHIVED
from arena.models import Endpoint
from arena.runs.endpoint_checks import held_up_by


class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    """An endpoint by its name."""

    price_in = serializers.SerializerMethodField(help_text="Dollars per million input tokens.")
    price_out = serializers.SerializerMethodField(help_text="Dollars per million output tokens.")
    held_up = serializers.SerializerMethodField(help_text="Why it cannot be called at present: a pause or its key; or empty.")

    class Meta:
        model = Endpoint
        fields = ["id", "name", "model", "price_in", "price_out", "held_up", *ARCHIVED]
        read_only_fields = fields

    def get_price_in(self, endpoint: Endpoint) -> float:
        return endpoint.price_in / 1_000_000

    def get_price_out(self, endpoint: Endpoint) -> float:
        return endpoint.price_out / 1_000_000

    @extend_schema_field({"type": "string"})
    def get_held_up(self, endpoint: Endpoint) -> str:
        return held_up_by(endpoint)


class Endpoints(ReadView[Endpoint]):
    queryset = Endpoint.objects.none()
    permission_classes = [WithinScope, CuratorsOnly]
    serializer_class = EndpointSerializer

    def get_queryset(self) -> QuerySet[Endpoint]:
        return Endpoint.objects.order_by("pk")


class EndpointList(Endpoints, ListAPIView[Endpoint]):
    """The endpoints by their names, archived ones too, for curators."""


class EndpointAct(ArchivingAct, Endpoints):
    """Superusers make endpoints and put them away."""

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if not request.user.is_superuser:
            raise PermissionDenied("Endpoints are for superusers to archive and to bring back.")
        if access.is_kept_within(request.user):
            raise PermissionDenied("This token is limited to some arenas: endpoints belong to all.")


class EndpointArchive(EndpointAct):
    @archives(EndpointSerializer, "Archive an endpoint: it is no longer offered or called. For superusers.")
    def post(self, request: Request, pk: int) -> Response:
        return self.archived(request)


class EndpointBringBack(EndpointAct):
    @brings_back(EndpointSerializer, "Bring an archived endpoint back. For superusers.")
    def post(self, request: Request, pk: int) -> Response:
        return self.brought_back(request)
