"""Rows of the wagtail site, and what its plans must count, by SQL written by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth import get_user_model
from home.models import HomePage
from taggit.models import Tag, TaggedItem
from wagtail.contrib.redirects.models import Redirect
from wagtail.contrib.search_promotions.models import Query, QueryDailyHits
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Collection, Page, Site
from wagtail.users.models import UserProfile

from expected import Column, Expected, Table


def fill() -> None:
    """Some rows in the tables that the checks ask about, none of them round numbers by chance."""
    user_model = get_user_model()
    users = [user_model.objects.create_user(f"editor{n}", f"e{n}@example.com") for n in range(4)]
    for number, user in enumerate(users[:3]):
        UserProfile.objects.create(user=user, theme="dark", density="snug" if number else "default")
    collection = Collection.get_first_root_node()
    Image.objects.bulk_create(
        Image(
            title=f"Image {n}",
            file=f"original_images/{n}.jpg",
            width=640,
            height=480,
            collection=collection,
            uploaded_by_user=users[n % 4],
            description="A photograph" if n < 4 else "",
        )
        for n in range(7)
    )
    images = list(Image.objects.order_by("pk"))
    Document.objects.bulk_create(
        Document(title=f"Document {n}", file=f"documents/{n}.pdf", collection=collection)
        for n in range(3)
    )
    front = Page.objects.get(depth=2)
    for number in range(5):
        page = HomePage(
            title=f"Página número {number}",
            slug=f"page-{number}",
            body="<p>text</p>",
            tagline="Hello" if number < 3 else None,
            hero=images[number] if number < 2 else None,
            owner=users[0],
        )
        front.add_child(instance=page)
        page.save_revision(user=users[0])
    site = Site.objects.get()
    for number in range(6):
        Redirect.objects.create(old_path=f"/old-{number}", site=site, redirect_link="/new")
    tags = [Tag.objects.create(name=f"tag {n}", slug=f"tag-{n}") for n in range(3)]
    for image in images[:5]:
        TaggedItem.objects.create(tag=tags[0], content_object=image)
    query = Query.objects.create(query_string="cars")
    QueryDailyHits.objects.create(query=query, date=datetime(2026, 1, 2, tzinfo=UTC).date())


EXPECTED = (
    Expected(
        "home",
        "0001",
        (
            Column("home_homepage", "tagline", rows=5, values=3),
            Column("home_homepage", "hero_id", rows=5, values=2),
        ),
    ),
    Expected("home", "zero", (Table("home_homepage", rows=5),)),
    Expected("wagtailimages", "0026", (Column("wagtailimages_image", "description", 7, 7),)),
    Expected(
        "wagtailimages",
        "zero",
        (Table("wagtailimages_image", rows=7), Table("wagtailimages_rendition", rows=0)),
    ),
    Expected("wagtailredirects", "zero", (Table("wagtailredirects_redirect", rows=6),)),
    Expected("wagtailusers", "0011", (Column("wagtailusers_userprofile", "theme", 3, 3),)),
    Expected(
        "wagtailcore",
        "0072",
        (Column("wagtailcore_page", "latest_revision_id", rows=7, values=5),),
    ),
    Expected("taggit", "zero", (Table("taggit_tag", 3), Table("taggit_taggeditem", 5))),
    Expected("auth", "zero", (Table("auth_user", 4),)),
)

# After the real reverts nothing that goes forward again takes anything away.
EXPECTED_FORWARDS: tuple[Expected, ...] = ()


def fill_reverted() -> None:
    """Nothing: the rows that the reverts left are enough."""
