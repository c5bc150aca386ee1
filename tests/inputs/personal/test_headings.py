"""Headings that announce personal data, by part of a word and in other languages."""

from __future__ import annotations

import pandas as pd
import pytest

from geoplan.inputs.columns.personal.personal_data import is_personal_heading, personal_columns

PERSONAL = """
联系人姓名 站长姓名 户主姓名 老人姓名 院长 经办人 邮箱地址 银行卡号 传真 QQ号 联系人电话1
主要负责人 法定代表人姓名 机构负责人 身份证号码 監護人 聯絡人姓名 聯絡電話 站長姓名 負責人
電子郵件 行動電話 戶主 承辦人 填表人 紧急联系人 值班电话 微信号 家庭住址 出生日期 车牌号
护照号码 开户名 社保卡号 网格员 里長 村长姓名 owner operator contact_person contactName phone
Tel. E-mail email_1 mobile_no fax contact:phone operator:phone Manager Owner_Name telefone
celular responsável nome_do_responsável e-mail CPF contato telefono teléfono correo responsable
nombre_completo encargado móvil Telefon Ansprechpartner Inhaber téléphone courriel date_of_birth
passport 担当者 電話番号 携帯電話 担当者名 전화번호 담당자 телефон
"""

HONEST = """
名称 地址 编号 床位数 人口 60岁以上人口 户数 老人数 负责人数 联系人数 电话亭数 营业时间
opening_hours phone_hours name address capacity operator_type ownership 社工站名称 家属院
法人类型 手机用户数 机构类型 管理人员数 street_name district tel_count households population
运营方式 是否有负责人 主任科员数 站长度 里程 社区 居住人口 常住人口 mobility mobile_population
emailable telhado hotel motel 宅基地 登记证号 统一社会信用代码 contact_hours owner_category
联系人性质 主管单位负责人数 值班时间 户主占比 operator:type
"""


@pytest.mark.parametrize("heading", PERSONAL.split())
def test_columns_of_persons_are_known_by_a_part_of_their_heading(heading):
    assert is_personal_heading(heading)
    cells = ["甲", "乙", "丙"]
    assert personal_columns(pd.DataFrame({heading: cells}, dtype="str")) == [heading]


@pytest.mark.parametrize("heading", HONEST.split())
def test_columns_of_places_and_counts_stay(heading):
    cells = ["12", "3", "45"]
    assert personal_columns(pd.DataFrame({heading: cells}, dtype="str")) == []
    assert not is_personal_heading(heading)


@pytest.mark.parametrize("cells", [["12人", "3人", "0"], ["8", "11", "120"], ["1,204", "2", ""]])
def test_a_column_of_numbers_of_people_is_no_personal_column(cells):
    assert personal_columns(pd.DataFrame({"负责人": cells, "owner": cells}, dtype="str")) == []
