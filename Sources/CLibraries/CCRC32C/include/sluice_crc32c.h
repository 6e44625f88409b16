#ifndef SLUICE_CRC32C_H
#define SLUICE_CRC32C_H

// CRC-32C (Castagnoli, RFC 3720 appendix B.4), as record batches of the current format carry it.

#include <stddef.h>
#include <stdint.h>

/// The checksum of bytes that follow others.
/// \param crc the checksum of what came before, 0 at the beginning.
uint32_t sluice_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same by tables alone, which is what a processor without the instruction gets.
uint32_t sluice_crc32c_by_tables(uint32_t crc, const void *bytes, size_t count);

/// 1 if the processor's own instruction is used, else 0.
int sluice_crc32c_uses_instruction(void);

#endif
