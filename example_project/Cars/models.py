from __future__ import annotations

from django.db import models


class Specs(models.Model):
    name = models.CharField(max_length=20)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    weight = models.DecimalField(max_digits=7, decimal_places=3)
    # Unlike "", NULL says that nobody looked.
    color = models.CharField(max_length=20, null=True, blank=True)

    class Meta:
        verbose_name_plural = "specs"

    def __str__(self) -> str:
        return self.name


class Owner(models.Model):
    name = models.CharField(max_length=60)
    car = models.ForeignKey(Specs, on_delete=models.CASCADE, related_name="owners")

    def __str__(self) -> str:
        return self.name
