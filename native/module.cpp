// srec.inference._scan: the search over NumPy arrays, without the GIL.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "search.hpp"

namespace nb = nanobind;
using namespace srec;

namespace {

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
