"""Add audit triggers: every change of these tables goes to audit_log with actor and request (D08, S-136)."""

from subgraphs.kernel.audit import AUDIT_FUNCTION, DROP_AUDIT_FUNCTION, audit_trigger, drop_audit_trigger
from subgraphs.kernel.migrations import sql_migration

ID = "product_0020_add_audit_triggers"
VERSION = "1.38.0"
DESCRIPTION = "add audit triggers"

TRIGGERS = {
    "categories": audit_trigger("categories"),
    "products": audit_trigger(
        "products", ignored=("search", "name_key", "rating_sum", "rating_count", "rating_score", "reserved")
    ),
    "product_images": audit_trigger("product_images"),
    "product_specifications": audit_trigger("product_specifications"),
    "product_reviews": audit_trigger("product_reviews", ignored=("helpful_count",)),
}

FORWARDS = (*AUDIT_FUNCTION, *TRIGGERS.values())
BACKWARDS = (*(drop_audit_trigger(table) for table in TRIGGERS), *DROP_AUDIT_FUNCTION)


async def forwards():
    return sql_migration(ID, "product", DESCRIPTION, FORWARDS, BACKWARDS)
