#ifndef SLUICE_ALLOCATOR_H
#define SLUICE_ALLOCATOR_H

/// Tells the C library's allocator to keep memory that is freed, up to some bytes, instead of giving it back to the
/// kernel at once.
///
/// - Parameters:
///   - kept: bytes that may stay at the end of an arena.
///   - mapped: the size in bytes from which an allocation is mapped by itself, and unmapped when it is freed.
void sluice_allocator_keep(int kept, int mapped);

#endif
