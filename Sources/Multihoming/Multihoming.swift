// Multihoming
