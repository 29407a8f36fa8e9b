// The exact top k of int8 item rows; docs/exactness.md has the proof that the letters here stand in.
//
// A code is split: its upper four bits lie in one plane, which is scanned, its lower four in another, which is read
// where the upper ones do not settle it. In a plane rows lie in blocks of 16, and a byte holds two dimensions:
// plane[block][pair][row][4] has dimensions 8 pair + 0..3 in the low halves and 8 pair + 4..7 in the high halves of its
// bytes. So one instruction multiplies four dimensions of 8 or 16 rows, and no row is summed across a register.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <queue>
#include <stdexcept>
#include <vector>

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define SREC_X86 1
#include <immintrin.h>
#elif defined(__aarch64__)
#define SREC_NEON 1
#include <arm_neon.h>
#endif

namespace nb = nanobind;

namespace {

constexpr int kRows = 16;  // of a block
constexpr int kPair = 8;   // dimensions that lie together, in four bytes of a row
constexpr int kWide = kRows * kPair / 2;  // bytes of a pair
constexpr int kLanes = 8;                 // of the reference's sum
constexpr double kSlack = 1.0 + 1.0 / (1 << 20);  // more than all roundings of the bounds together
constexpr double kRounding = 1.0 / (1 << 21);     // more than those of an estimate

struct Block {
    const uint8_t* upper;  // [pairs][16][4]
    const uint8_t* lower;
    const float* scales;  // [16]
    const float* fine;    // [16], the residuals of whole codes
    const float* coarse;  // [16], the residuals of their upper halves
    float norm;           // the largest of the coded rows
};

struct Query {
    const int8_t* codes;  // [pairs][8]
    int pairs;
    int32_t sum;  // of the codes
    float alpha, beta;
};

// Estimates and slacks of a block's rows; bit r is set where row r's upper bound reaches the threshold. Where the upper
// halves settle that none does, it is kSettled and there is nothing else.
constexpr unsigned kSettled = 1u << kRows;
using Kernel = unsigned (*)(const Block&, const Query&, float threshold, float* estimates, float* slacks);

#if defined(_MSC_VER)
#define SREC_INLINE __forceinline
#else
#define SREC_INLINE inline __attribute__((always_inline))
#endif

// Whether a row can reach the threshold, going by the upper halves, each code in the middle of what they leave open.
SREC_INLINE bool reaches(const Block& block, const Query& query, float threshold, const int32_t* upper) {
    const float wide = query.beta * block.norm;
    int32_t any = 0;
    for (int row = 0; row < kRows; ++row) {
        const float estimate = static_cast<float>(32 * upper[row] - 241 * query.sum) * (0.5f * block.scales[row]);
        any |= estimate + (query.alpha * block.coarse[row] + wide) >= threshold;
    }
    return any;
}

SREC_INLINE unsigned bounds(const Block& block, const Query& query, float threshold, const int32_t* upper,
                            const int32_t* lower, float* estimates, float* slacks) {
    const float wide = query.beta * block.norm;
    for (int row = 0; row < kRows; ++row) {
        const int32_t dot = 16 * upper[row] + lower[row] - 128 * query.sum;
        estimates[row] = static_cast<float>(dot) * block.scales[row];
        slacks[row] = query.alpha * block.fine[row] + wide;
    }
    unsigned reached = 0;
    for (int row = 0; row < kRows; ++row)
        reached |= static_cast<unsigned>(estimates[row] + slacks[row] >= threshold) << row;
    return reached;
}

// The kernel of an instruction set: only the products of a plane's halves with the query are written for each.
#define SREC_KERNEL(name, target, dots)                                                                 \
    target unsigned name(const Block& block, const Query& query, float threshold, float* estimates,    \
                         float* slacks) {                                                               \
        alignas(64) int32_t upper[kRows], lower[kRows];                                                 \
        dots(block.upper, query, upper);                                                                \
        if (!reaches(block, query, threshold, upper)) return kSettled;                                  \
        dots(block.lower, query, lower);                                                                \
        return bounds(block, query, threshold, upper, lower, estimates, slacks);                        \
    }

void plain_dots(const uint8_t* plane, const Query& query, int32_t* dots) {
    std::fill(dots, dots + kRows, 0);
    for (int pair = 0; pair < query.pairs; ++pair)
        for (int row = 0; row < kRows; ++row)
            for (int at = 0; at < 4; ++at) {
                const int byte = plane[pair * kWide + row * 4 + at];
                dots[row] += (byte & 15) * query.codes[pair * kPair + at] +
                             (byte >> 4) * query.codes[pair * kPair + 4 + at];
            }
}

SREC_KERNEL(plain, , plain_dots)

inline int32_t four(const int8_t* codes) {
    int32_t word;
    std::memcpy(&word, codes, sizeof word);
    return word;
}

#if SREC_X86

#define SREC_AVX2 __attribute__((target("avx2,fma")))
#define SREC_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))

// Four products of at most 15 and 127 are added in 16 bits, where they have room.
SREC_AVX2 inline __m256i add_avx2(__m256i sums, const uint8_t* plane, __m256i low, __m256i high) {
    const __m256i halves = _mm256_set1_epi8(15);
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(plane));
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), halves);
    const __m256i products = _mm256_add_epi16(_mm256_maddubs_epi16(_mm256_and_si256(bytes, halves), low),
                                              _mm256_maddubs_epi16(upper, high));
    return _mm256_add_epi32(sums, _mm256_madd_epi16(products, _mm256_set1_epi16(1)));
}

SREC_AVX2 inline void avx2_dots(const uint8_t* plane, const Query& query, int32_t* dots) {
    __m256i first = _mm256_setzero_si256(), second = first;
    for (int pair = 0; pair < query.pairs; ++pair) {
        const __m256i low = _mm256_set1_epi32(four(query.codes + pair * kPair));
        const __m256i high = _mm256_set1_epi32(four(query.codes + pair * kPair + 4));
        first = add_avx2(first, plane + pair * kWide, low, high);
        second = add_avx2(second, plane + pair * kWide + kWide / 2, low, high);
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dots), first);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dots + 8), second);
}

SREC_KERNEL(avx2, SREC_AVX2, avx2_dots)

SREC_VNNI inline void vnni_dots(const uint8_t* plane, const Query& query, int32_t* dots) {
    // Four sums, for one would wait for itself at every step.
    __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                       _mm512_setzero_si512()};
    const __m512i halves = _mm512_set1_epi8(15);
    const auto add = [&](int pair, __m512i& low, __m512i& high) SREC_VNNI {
        const __m512i bytes = _mm512_loadu_si512(plane + pair * kWide);
        const __m512i upper = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), halves);
        const int8_t* codes = query.codes + pair * kPair;
        low = _mm512_dpbusd_epi32(low, _mm512_and_si512(bytes, halves), _mm512_set1_epi32(four(codes)));
        high = _mm512_dpbusd_epi32(high, upper, _mm512_set1_epi32(four(codes + 4)));
    };
    int pair = 0;
    for (; pair + 2 <= query.pairs; pair += 2) {
        add(pair, sums[0], sums[1]);
        add(pair + 1, sums[2], sums[3]);
    }
    if (pair < query.pairs) add(pair, sums[0], sums[1]);
    const __m512i low = _mm512_add_epi32(sums[0], sums[1]), high = _mm512_add_epi32(sums[2], sums[3]);
    _mm512_store_si512(dots, _mm512_add_epi32(low, high));
}

SREC_KERNEL(vnni, SREC_VNNI, vnni_dots)

#elif SREC_NEON

inline int32x4_t add_neon(int32x4_t sums, int8x16_t codes, int8x16_t wanted) {
    const int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(wanted));
    const int16x8_t high = vmull_s8(vget_high_s8(codes), vget_high_s8(wanted));
    return vaddq_s32(sums, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
}

inline void neon_dots(const uint8_t* plane, const Query& query, int32_t* dots) {
    int32x4_t sums[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    for (int pair = 0; pair < query.pairs; ++pair) {
        const int8x16_t low = vreinterpretq_s8_s32(vdupq_n_s32(four(query.codes + pair * kPair)));
        const int8x16_t high = vreinterpretq_s8_s32(vdupq_n_s32(four(query.codes + pair * kPair + 4)));
        for (int part = 0; part < 4; ++part) {
            const uint8x16_t bytes = vld1q_u8(plane + pair * kWide + part * 16);
            sums[part] = add_neon(sums[part], vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15))), low);
            sums[part] = add_neon(sums[part], vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4)), high);
        }
    }
    for (int part = 0; part < 4; ++part) vst1q_s32(dots + part * 4, sums[part]);
}

SREC_KERNEL(neon, , neon_dots)

#endif

struct Choice {
    const char* name;
    Kernel kernel;
};

std::vector<Choice> usable() {
    std::vector<Choice> found;
#if SREC_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni"))
        found.push_back({"avx512-vnni", vnni});
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back({"avx2", avx2});
#elif SREC_NEON
    found.push_back({"neon", neon});
#endif
    found.push_back({"plain", plain});
    return found;
}

// The reference's score: exact products, summed in double in one fixed order.
double score(const float* query, const float* item, int64_t dimension) {
    double lanes[kLanes] = {};
    int64_t at = 0;
    for (; at + kLanes <= dimension; at += kLanes)
        for (int lane = 0; lane < kLanes; ++lane)
            lanes[lane] += double(query[at + lane]) * double(item[at + lane]);
    for (int lane = 0; at < dimension; ++at, ++lane) lanes[lane] += double(query[at]) * double(item[at]);
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

struct Candidate {
    int64_t row;
    float lower, upper;
    double score;
};

// One query's search in progress.
struct Search {
    std::vector<int8_t> codes;
    Query query;
    double unit;  // what an estimate of 1 stands for, without the items' common exponent
    float threshold = -std::numeric_limits<float>::infinity();
    std::priority_queue<float, std::vector<float>, std::greater<float>> lowest;  // the k best lower bounds
    std::vector<Candidate> candidates;

    Search(const float* vector, int64_t dimension) {
        double largest = 0;
        for (int64_t at = 0; at < dimension; ++at) largest = std::max(largest, std::fabs(double(vector[at])));
        unit = largest > 0 ? largest / 127 : 1;
        const int64_t pairs = (dimension + kPair - 1) / kPair;
        codes.assign(pairs * kPair, 0);
        int32_t sum = 0;
        double whole = 0, left = 0, coded = 0;
        for (int64_t at = 0; at < dimension; ++at) {
            const double value = double(vector[at]) / unit;
            const double code = std::nearbyint(value);
            codes[at] = static_cast<int8_t>(code);
            sum += static_cast<int32_t>(code);
            whole += value * value;
            left += (value - code) * (value - code);
            coded += code * code;
        }
        query = {codes.data(), static_cast<int>(pairs), sum,
                 static_cast<float>(std::sqrt(whole) * kSlack),
                 static_cast<float>((std::sqrt(left) + std::sqrt(coded) * kRounding) * kSlack)};
    }

    void meet(int64_t row, float estimate, float slack, size_t k) {
        const float lower = estimate - slack, upper = estimate + slack;
        candidates.push_back({row, lower, upper, 0});
        if (lowest.size() == k) {
            if (lower <= lowest.top()) return;
            lowest.pop();
        }
        lowest.push(lower);
        if (lowest.size() == k) threshold = lowest.top();
    }

    // How many scores were outside of their bounds: none, if the proof and the code are right.
    int64_t finish(const float* vector, const float* items, int64_t dimension, double scale) {
        int64_t outside = 0;
        const float last = threshold;
        candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                        [last](const Candidate& one) { return one.upper < last; }),
                         candidates.end());
        for (Candidate& one : candidates) {
            one.score = score(vector, items + one.row * dimension, dimension);
            const double scaled = one.score / unit / scale;
            outside += !(scaled >= one.lower && scaled <= one.upper);
        }
        return outside;
    }

    void best(size_t k, int64_t* rows, double* scores) {
        const auto better = [](const Candidate& one, const Candidate& other) {
            return one.score > other.score || (one.score == other.score && one.row < other.row);
        };
        const size_t found = std::min(k, candidates.size());
        std::partial_sort(candidates.begin(), candidates.begin() + found, candidates.end(), better);
        for (size_t place = 0; place < k; ++place) {
            rows[place] = place < found ? candidates[place].row : -1;
            scores[place] =
                place < found ? candidates[place].score : -std::numeric_limits<double>::infinity();
        }
    }
};

template <typename Scalar, size_t Dimensions>
using Array = nb::ndarray<const Scalar, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;
template <typename Scalar, size_t Dimensions>
using Result = nb::ndarray<Scalar, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;

struct Counts {
    int64_t outside = 0, rescored = 0, opened = 0;
};

Counts search(Array<uint8_t, 5> planes, Array<float, 2> bounds_3V, Array<float, 1> norms, double scale,
              Array<float, 2> items_VD, Array<float, 2> vectors_BD, Array<uint8_t, 1> allowed_V,
              Array<int64_t, 1> offsets_B1, Array<int64_t, 1> excluded, Result<int64_t, 2> rows_BK,
              Result<double, 2> scores_BK, const char* name) {
    Kernel kernel = nullptr;
    for (const Choice& choice : usable())
        if (!std::strcmp(name, choice.name)) kernel = choice.kernel;
    const int64_t count = items_VD.shape(0), dimension = items_VD.shape(1), queries = vectors_BD.shape(0);
    const int64_t blocks = planes.shape(1), pairs = planes.shape(2);
    const size_t padded = blocks * kRows;
    const bool fits = kernel && planes.shape(0) == 2 && pairs == (dimension + kPair - 1) / kPair &&
                      planes.shape(3) == kRows && planes.shape(4) == kPair / 2 &&
                      blocks == (count + kRows - 1) / kRows && bounds_3V.shape(0) == 3 &&
                      bounds_3V.shape(1) == padded && int64_t(norms.shape(0)) == blocks &&
                      int64_t(vectors_BD.shape(1)) == dimension &&
                      (allowed_V.shape(0) == 0 || int64_t(allowed_V.shape(0)) == count) &&
                      int64_t(offsets_B1.shape(0)) == queries + 1 && rows_BK.shape(1) > 0 &&
                      int64_t(rows_BK.shape(0)) == queries && int64_t(scores_BK.shape(0)) == queries &&
                      rows_BK.shape(1) == scores_BK.shape(1) && offsets_B1.data()[0] == 0 &&
                      std::is_sorted(offsets_B1.data(), offsets_B1.data() + queries + 1) &&
                      offsets_B1.data()[queries] == int64_t(excluded.shape(0));
    if (!fits) throw std::invalid_argument("arrays that do not fit together, or a kernel that is not here");

    const uint8_t* allowed = allowed_V.shape(0) ? allowed_V.data() : nullptr;
    const float* scales = bounds_3V.data();
    const size_t k = rows_BK.shape(1);
    std::vector<Search> searches;
    searches.reserve(queries);
    for (int64_t query = 0; query < queries; ++query)
        searches.emplace_back(vectors_BD.data() + query * dimension, dimension);

    // Rows that fit the nearest cache are read once for all queries.
    const int64_t bytes = pairs * kWide, near = std::max<int64_t>(1, 24 * 1024 / bytes);
    const uint8_t* upper = planes.data();
    const uint8_t* lower = upper + blocks * bytes;
    float estimates[kRows], slacks[kRows];
    Counts counts;
    for (int64_t first = 0; first < blocks; first += near)
        for (int64_t query = 0; query < queries; ++query) {
            Search& one = searches[query];
            const int64_t* left = excluded.data() + offsets_B1.data()[query];
            const int64_t* right = excluded.data() + offsets_B1.data()[query + 1];
            for (int64_t at = first; at < std::min(first + near, blocks); ++at) {
                const Block block{upper + at * bytes,           lower + at * bytes,
                                  scales + at * kRows,          scales + padded + at * kRows,
                                  scales + 2 * padded + at * kRows, norms.data()[at]};
                unsigned reached = kernel(block, one.query, one.threshold, estimates, slacks);
                if (reached == kSettled) continue;
                ++counts.opened;
                for (int row = 0; reached; ++row, reached >>= 1) {
                    const int64_t number = at * kRows + row;
                    if (!(reached & 1) || number >= count || (allowed && !allowed[number]) ||
                        std::binary_search(left, right, number))
                        continue;
                    one.meet(number, estimates[row], slacks[row], k);
                }
            }
        }

    for (int64_t query = 0; query < queries; ++query) {
        Search& one = searches[query];
        counts.outside += one.finish(vectors_BD.data() + query * dimension, items_VD.data(), dimension, scale);
        counts.rescored += one.candidates.size();
        one.best(k, rows_BK.data() + query * k, scores_BK.data() + query * k);
    }
    return counts;
}

}  // namespace

NB_MODULE(_scan, module) {
    module.def("kernels", [] {
        nb::list names;
        for (const Choice& choice : usable()) names.append(choice.name);
        return names;
    });
    module.def(
        "search",
        [](Array<uint8_t, 5> planes, Array<float, 2> bounds_3V, Array<float, 1> norms, double scale,
           Array<float, 2> items_VD, Array<float, 2> vectors_BD, Array<uint8_t, 1> allowed_V,
           Array<int64_t, 1> offsets_B1, Array<int64_t, 1> excluded, Result<int64_t, 2> rows_BK,
           Result<double, 2> scores_BK, const char* name) {
            Counts counts;
            {
                nb::gil_scoped_release released;
                counts = search(planes, bounds_3V, norms, scale, items_VD, vectors_BD, allowed_V, offsets_B1,
                                excluded, rows_BK, scores_BK, name);
            }
            return nb::make_tuple(counts.outside, counts.rescored, counts.opened);
        });
}
