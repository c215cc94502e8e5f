"""The site's own pages: multi-table children of wagtail's Page."""

from __future__ import annotations

from django.db import models
from wagtail.fields import RichTextField
from wagtail.models import Page


class HomePage(Page):
    """The front page; ``tagline`` came with the second migration."""

    body = RichTextField(blank=True)
    tagline = models.CharField(max_length=120, null=True, blank=True)
    hero = models.ForeignKey(
        "wagtailimages.Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
