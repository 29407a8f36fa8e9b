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

Counts search(Array<uint8_t, 5> planes, Array<float, 2> bounds_3V, Array<float, 1> norms,
              Array<double, 1> centre_D, double scale, Array<float, 2> items_VD, Array<float, 2> vectors_BD,
              Array<uint8_t, 1> allowed_V, Array<int64_t, 1> offsets_B1, Array<int64_t, 1> excluded,
              Result<int64_t, 2> rows_BK, Result<double, 2> scores_BK, const char* name) {
    const std::vector<Kernel> usable = kernels();
    const auto kernel = std::find_if(usable.begin(), usable.end(),
                                     [name](const Kernel& one) { return !std::strcmp(name, one.name); });
    const int64_t count = items_VD.shape(0), dimension = items_VD.shape(1), queries = vectors_BD.shape(0);
    const int64_t blocks = planes.shape(1), pairs = planes.shape(2), *offsets = offsets_B1.data();
    const size_t padded = blocks * kRows;
    const bool fits = kernel != usable.end() && planes.shape(0) == 2 && pairs == (dimension + kPair - 1) / kPair &&
                      planes.shape(3) == kRows && planes.shape(4) == kPair / 2 &&
                      blocks == (count + kRows - 1) / kRows && bounds_3V.shape(0) == 3 &&
                      bounds_3V.shape(1) == padded && int64_t(norms.shape(0)) == blocks &&
                      int64_t(centre_D.shape(0)) == dimension && int64_t(vectors_BD.shape(1)) == dimension &&
                      (allowed_V.shape(0) == 0 || int64_t(allowed_V.shape(0)) == count) &&
                      int64_t(offsets_B1.shape(0)) == queries + 1 && rows_BK.shape(1) > 0 &&
                      int64_t(rows_BK.shape(0)) == queries && int64_t(scores_BK.shape(0)) == queries &&
                      rows_BK.shape(1) == scores_BK.shape(1) && offsets[0] == 0 &&
                      std::is_sorted(offsets, offsets + queries + 1) && offsets[queries] == int64_t(excluded.shape(0));
    if (!fits) throw std::invalid_argument("arrays that do not fit together, or a kernel that is not here");

    const float* bounds = bounds_3V.data();
    const uint8_t* upper = planes.data();
    const Index index{upper,  upper + blocks * pairs * kWide, bounds, bounds + padded, bounds + 2 * padded,
                      norms.data(), blocks, static_cast<int>(pairs)};
    const size_t k = rows_BK.shape(1);
    std::vector<Search> searches;
    searches.reserve(queries);
    for (int64_t one = 0; one < queries; ++one)
        searches.emplace_back(vectors_BD.data() + one * dimension, centre_D.data(), dimension, index);

    // Blocks that fit the nearest cache are read once for all queries.
    const int64_t near = std::max<int64_t>(1, 24 * 1024 / (pairs * kWide));
    for (int64_t first = 0; first < blocks; first += near) {
        const int64_t last = std::min(first + near, blocks);
        for (int64_t one = 0; one < queries;) {
            const Query* wanted[kTile];
            float* tops[kTile];
            const int64_t together = queries - one < kTile ? 1 : kTile;
            for (int64_t at = 0; at < together; ++at) {
                wanted[at] = &searches[one + at].query;
                tops[at] = searches[one + at].tops.data();
            }
            (together == 1 ? kernel->tops : kernel->tops_tile)(index, first, last, wanted, tops);
            one += together;
        }
    }

    Counts counts;
    for (int64_t one = 0; one < queries; ++one) {
        Search& search = searches[one];
        const Filter filter(allowed_V.shape(0) ? allowed_V.data() : nullptr, excluded.data() + offsets[one],
                            excluded.data() + offsets[one + 1], count);
        counts.opened += search.look(index, *kernel, filter, k);
        counts.outside += search.finish(vectors_BD.data() + one * dimension, items_VD.data(), dimension, scale);
        counts.rescored += search.candidates.size();
        search.best(k, rows_BK.data() + one * k, scores_BK.data() + one * k);
    }
    return counts;
}

}  // namespace

NB_MODULE(_scan, module) {
    module.def("kernels", [] {
        nb::list names;
        for (const Kernel& one : kernels()) names.append(one.name);
        return names;
    });
    module.def(
        "search",
        [](Array<uint8_t, 5> planes, Array<float, 2> bounds_3V, Array<float, 1> norms, Array<double, 1> centre_D,
           double scale, Array<float, 2> items_VD, Array<float, 2> vectors_BD, Array<uint8_t, 1> allowed_V,
           Array<int64_t, 1> offsets_B1, Array<int64_t, 1> excluded, Result<int64_t, 2> rows_BK,
           Result<double, 2> scores_BK, const char* name) {
            Counts counts;
            {
                nb::gil_scoped_release released;
                counts = search(planes, bounds_3V, norms, centre_D, scale, items_VD, vectors_BD, allowed_V,
                                offsets_B1, excluded, rows_BK, scores_BK, name);
            }
            return nb::make_tuple(counts.outside, counts.rescored, counts.opened);
        });
}
