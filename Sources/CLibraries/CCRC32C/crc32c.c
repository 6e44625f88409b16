#include "sluice_crc32c.h"

#include <string.h>

// The polynomial, its bits in the order of the register (reflected).
#define POLYNOMIAL 0x82F63B78u

static uint64_t load64(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

// Tables: slicing by 8. tables[k][b] is the register after byte b and k bytes of zero.

static uint32_t tables[8][256];

__attribute__((constructor)) static void fill_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
        tables[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
        }
    }
}

static uint32_t by_tables(uint32_t crc, const uint8_t *bytes, size_t count) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word = load64(bytes) ^ crc;
        crc = tables[7][word & 0xFF] ^ tables[6][(word >> 8) & 0xFF] ^ tables[5][(word >> 16) & 0xFF] ^
              tables[4][(word >> 24) & 0xFF] ^ tables[3][(word >> 32) & 0xFF] ^ tables[2][(word >> 40) & 0xFF] ^
              tables[1][(word >> 48) & 0xFF] ^ tables[0][word >> 56];
    }
#endif
    for (; count > 0; bytes++, count--) crc = (crc >> 8) ^ tables[0][(crc ^ *bytes) & 0xFF];
    return crc;
}

// The processor's instruction takes 8 bytes in one step but gives its result three steps later, so three lanes run
// side by side. A lane's register moves over the bytes of the lanes behind it by a product with a power of x:
// the numbers below are x^(8n - 33) mod P for the n bytes it moves over; the 33 comes from the reflected product (1)
// and from the reduction, which is the instruction itself (32).

#define LONG_LANE 4096
#define LONG_POWER_ONE 0x82F89C77u
#define LONG_POWER_TWO 0x54A86326u
#define SHORT_LANE 256
#define SHORT_POWER_ONE 0xB9E02B86u
#define SHORT_POWER_TWO 0xDD7E3B0Cu

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define ACCELERATED __attribute__((target("sse4.2,pclmul")))

ACCELERATED static inline uint64_t shifted(uint32_t crc, uint32_t power) {
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128((int)power), 0);
    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

#define STEP64(crc, word) ((uint32_t)_mm_crc32_u64(crc, word))
#define STEP8(crc, byte) _mm_crc32_u8(crc, byte)

static int has_instruction(void) {
    unsigned int a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    return (c & bit_SSE4_2) != 0 && (c & bit_PCLMUL) != 0;
}

#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

#include <arm_acle.h>
#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#define ACCELERATED __attribute__((target("crc")))

// The product by the instruction's own bits: 32 steps, which is little beside a lane.
ACCELERATED static inline uint64_t shifted(uint32_t crc, uint32_t power) {
    uint64_t product = 0;
    for (int bit = 0; bit < 32; bit++) product ^= (uint64_t)power << bit & (0 - (uint64_t)(crc >> bit & 1));
    return __crc32cd(0, product);
}

#define STEP64(crc, word) __crc32cd(crc, word)
#define STEP8(crc, byte) __crc32cb(crc, byte)

static int has_instruction(void) {
#if defined(__linux__)
    return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#else
    return 1;
#endif
}

#endif

#if defined(ACCELERATED)

// Three lanes of a length, as often as there are bytes for them.
#define LANES(length, one, two)                                                       \
    while (count >= 3 * (length)) {                                                   \
        uint32_t second = 0, third = 0;                                               \
        for (size_t at = 0; at < (length); at += 8) {                                 \
            crc = STEP64(crc, load64(bytes + at));                                    \
            second = STEP64(second, load64(bytes + (length) + at));                   \
            third = STEP64(third, load64(bytes + 2 * (length) + at));                 \
        }                                                                             \
        crc = (uint32_t)shifted(crc, two) ^ (uint32_t)shifted(second, one) ^ third;   \
        bytes += 3 * (length);                                                        \
        count -= 3 * (length);                                                        \
    }

ACCELERATED static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t count) {
    LANES(LONG_LANE, LONG_POWER_ONE, LONG_POWER_TWO)
    LANES(SHORT_LANE, SHORT_POWER_ONE, SHORT_POWER_TWO)
    for (; count >= 8; bytes += 8, count -= 8) crc = STEP64(crc, load64(bytes));
    for (; count > 0; bytes++, count--) crc = STEP8(crc, *bytes);
    return crc;
}

static int uses_instruction;

__attribute__((constructor)) static void ask_processor(void) {
    uses_instruction = has_instruction();
}

#endif

uint32_t sluice_crc32c(uint32_t crc, const void *bytes, size_t count) {
#if defined(ACCELERATED)
    if (uses_instruction) return ~by_instruction(~crc, bytes, count);
#endif
    return ~by_tables(~crc, bytes, count);
}

uint32_t sluice_crc32c_by_tables(uint32_t crc, const void *bytes, size_t count) {
    return ~by_tables(~crc, bytes, count);
}

int sluice_crc32c_uses_instruction(void) {
#if defined(ACCELERATED)
    return uses_instruction;
#else
    return 0;
#endif
}
