"""Rows of the shop, and what its plans must count, by SQL written by hand."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from oscar.core.loading import get_model

from expected import Column, Expected, Table


def fill() -> None:
    """A few partners, products, baskets, orders, reviews and wish lists."""
    users = [
        get_user_model().objects.create_user(f"buyer{n}", f"b{n}@example.com") for n in range(3)
    ]
    partners = [
        get_model("partner", "Partner").objects.create(name=f"Partner {n}", code=f"p{n}")
        for n in range(2)
    ]
    partners[0].users.add(*users[:2])
    products = _fill_catalogue(partners)
    _fill_orders(users, partners, products)
    review = get_model("reviews", "ProductReview")
    for number in range(2):
        review.objects.create(
            product=products[number], user=users[number], score=4, title="Good", body="Very."
        )
    wish_list = get_model("wishlists", "WishList").objects.create(owner=users[0])
    for product in products[:3]:
        wish_list.add(product)


def _fill_catalogue(partners: list[object]) -> list[object]:
    category = get_model("catalogue", "Category")
    root = category.add_root(name="Cars", long_description="All cars")
    root.add_child(name="Vans")
    product_class = get_model("catalogue", "ProductClass").objects.create(name="Car")
    products = []
    for number in range(8):
        product = get_model("catalogue", "Product").objects.create(
            title=f"Product {number}",
            product_class=product_class,
            priority=number % 3,
            upc=f"upc{number}" if number < 5 else None,
        )
        product.categories.add(root)
        get_model("partner", "StockRecord").objects.create(
            product=product,
            partner=partners[number % 2],
            partner_sku=f"sku{number}",
            price=Decimal("9.99") if number < 6 else None,
            num_in_stock=number,
        )
        products.append(product)
    return products


def _fill_orders(users: list[object], partners: list[object], products: list[object]) -> None:
    basket = get_model("basket", "Basket").objects.create(owner=users[0])
    for number in range(4):
        order = get_model("order", "Order").objects.create(
            number=str(1000 + number),
            site=Site.objects.get_current(),
            user=users[number % 3],
            basket=basket if number == 0 else None,
            total_incl_tax=Decimal("12.34"),
            total_excl_tax=Decimal("10.00"),
            shipping_tax_code="A1" if number < 3 else None,
        )
        for line in range(2):
            get_model("order", "Line").objects.create(
                order=order,
                product=products[line],
                partner=partners[0],
                partner_name="Partner 0",
                partner_sku=f"sku{line}",
                title="Product",
                quantity=1,
                tax_code="A1" if line else None,
                num_allocated=0,
                line_price_incl_tax=Decimal("6.17"),
                line_price_excl_tax=Decimal("5.00"),
                line_price_before_discounts_incl_tax=Decimal("6.17"),
                line_price_before_discounts_excl_tax=Decimal("5.00"),
            )


EXPECTED = (
    Expected(
        "order",
        "0013",
        (
            Column("order_order", "shipping_tax_code", rows=4, values=3),
            Column("order_line", "tax_code", rows=8, values=4),
        ),
    ),
    Expected("order", "zero", (Table("order_order", 4), Table("order_line", 8))),
    Expected(
        "partner",
        "zero",
        (
            Table("partner_partner", 2),
            Table("partner_partner_users", 2),
            Table("partner_stockrecord", 8),
        ),
    ),
    Expected("catalogue", "0027", (Column("catalogue_product", "priority", rows=8, values=8),)),
    Expected(
        "catalogue", "0031", (Column("catalogue_category", "long_description", rows=2, values=2),)
    ),
    Expected("catalogue", "zero", (Table("catalogue_product", 8), Table("catalogue_category", 2))),
    Expected("wishlists", "zero", (Table("wishlists_line", 3), Table("wishlists_wishlist", 1))),
    Expected("reviews", "zero", (Table("reviews_productreview", 2),)),
    Expected("basket", "zero", (Table("basket_basket", 1),)),
)

# partner.0006 drops two columns on the way forward.
EXPECTED_FORWARDS = (
    Expected(
        "partner",
        "",
        (
            Column("partner_stockrecord", "price_retail", rows=8, values=3),
            Column("partner_stockrecord", "cost_price", rows=8, values=0),
        ),
    ),
)


def fill_reverted() -> None:
    """Values for a column that the models no longer have."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE partner_stockrecord SET price_retail = 1.5 WHERE num_in_stock < 3")
