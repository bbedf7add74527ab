"""Step 1: the descriptors of a package, and the packages that it will stand on."""
