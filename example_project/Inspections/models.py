from __future__ import annotations

from django.db import models


class Inspection(models.Model):
    car = models.ForeignKey("Cars.Specs", on_delete=models.CASCADE, related_name="inspections")
    inspected_on = models.DateField()
    plate = models.CharField(max_length=12)
    remarks = models.TextField(blank=True, default="")
    passed = models.BooleanField(null=True)

    def __str__(self) -> str:
        return f"{self.plate}, {self.inspected_on}"
