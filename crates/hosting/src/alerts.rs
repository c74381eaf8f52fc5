//! What administrators hear of: raised once, told once, and once more when all is well.
