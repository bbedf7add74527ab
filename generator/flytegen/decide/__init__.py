"""Step 2: from descriptors and overlay to the schema. All decisions are made here."""
