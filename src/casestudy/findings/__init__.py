"""Pure maths on frames: what the material says, each number checked against a published one."""
