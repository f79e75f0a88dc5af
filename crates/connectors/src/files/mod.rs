//! Follows files and directories: finds, decompresses, splits into whole rows, survives rotation. Does not parse rows (`mapping`).
