from django.contrib.admin import AdminSite


class AgonAdminSite(AdminSite):
    site_header = "Agon"
    site_title = "Agon curation"
    index_title = "Curation"
